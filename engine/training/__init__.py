"""Fitting a small category model to a seller's own catalogue, and using it without scikit-learn."""

from __future__ import annotations

from engine.training.category import TrainingReport, train_category
from engine.training.predictor import CategoryModel

__all__ = ["CategoryModel", "TrainingReport", "train_category"]
