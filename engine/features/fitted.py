"""Title against category by a model fitted to the seller's own catalogue (`storewarden train category`).

The pack's setting `category_model` is the path of the model file, or the loaded model. Its labels are the categories as
the catalogue says them: platform ids, our ids, or paths joined with " > ".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from engine.features.category_of import category
from engine.features.category_scores import Verdict
from engine.features.view import View, derived

if TYPE_CHECKING:
    from engine.training.predictor import CategoryModel

_loaded: dict[tuple[str, int], CategoryModel] = {}


def model_of(view: View) -> CategoryModel | None:
    """The fitted model of the pack; loaded once for each version of the file."""
    setting: Any = view.resources.settings.get("category_model")
    if setting is None:
        return None
    if not isinstance(setting, str | Path):
        loaded: CategoryModel = setting
        return loaded
    from engine.training.predictor import CategoryModel

    path = Path(setting)
    key = (str(path), path.stat().st_mtime_ns)
    if key not in _loaded:
        _loaded.clear()
        _loaded[key] = CategoryModel.load(path)
    return _loaded[key]


def label_of(view: View, model: CategoryModel) -> str | None:
    """The model's own name for the listing's category; None when it never saw one there."""
    listing = view.listing
    node = category(view)
    names = [listing.category_id, " > ".join(listing.category_path), node.id if node else None]
    return next((name for name in names if name and name in model.labels), None)


@derived
def fitted_verdict(view: View) -> Verdict | None:
    """How far the best other category of the catalogue beats the own; None when the model does not know the own one."""
    model = model_of(view)
    title = view.title
    if model is None or not title:
        return None
    label = label_of(view, model)
    if label is None:
        return None
    shares = model.probabilities(title)
    own = shares[label]
    name, share = max(((name, share) for name, share in shares.items() if name != label), key=lambda item: item[1])
    node = view.resources.taxonomy.resolve(name, tuple(name.split(" > ")))
    best = node.index if node is not None and node.is_leaf else None
    return Verdict(own, best, share, max(0.0, share - own))
