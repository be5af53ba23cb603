"""The fitted model: a file of n-gram weights, and the labels of a title with their probabilities. Needs numpy alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine.errors import StorewardenError
from engine.training.ngrams import char_grams, word_grams, words

FORMAT = 1
CACHED_WORDS = 50_000


class ModelFileError(StorewardenError):
    """The file is no category model that this version can read."""


class CategoryModel:
    """`labels`: the categories it knows → their column. `weights`: n-grams × labels. Read-only; safe to share."""

    def __init__(self, labels: Sequence[str], grams: Sequence[str], idf: Any, weights: Any, bias: Any, steep: float):
        self.labels = {label: number for number, label in enumerate(labels)}
        self._names = list(labels)
        self._grams = {gram: number for number, gram in enumerate(grams)}
        self._idf = idf
        self._weights = weights
        self._bias = bias
        self._steep = steep
        self._words: dict[str, Any] = {}

    def _of_word(self, word: str) -> Any:
        """Numbers of the character n-grams of a word."""
        import numpy as np

        known = self._words.get(word)
        if known is None:
            if len(self._words) >= CACHED_WORDS:
                self._words.clear()
            index = self._grams
            known = np.array([index[gram] for gram in char_grams(word) if gram in index], dtype=np.int32)
            self._words[word] = known
        return known

    def decisions(self, title: str) -> Any:
        """The value of each label's separating plane, in the order of the labels (float array)."""
        import numpy as np

        found = words(title)
        index = self._grams
        result = self._bias.copy()
        blocks = [np.array([index[gram] for gram in word_grams(found) if gram in index], dtype=np.int32)]
        if found:
            blocks.append(np.concatenate([self._of_word(word) for word in found]))
        for block in blocks:
            if not block.size:
                continue
            numbers, counts = np.unique(block, return_counts=True)
            values = (1 + np.log(counts)) * self._idf[numbers]
            norm = math.sqrt(float(values @ values))
            result += (values / norm) @ self._weights[numbers].astype(np.float32)
        return result

    def probabilities(self, title: str) -> Mapping[str, float]:
        """Label → probability (0..1, their sum 1)."""
        import numpy as np

        values = self._steep * self.decisions(title)
        raised = np.exp(values - values.max())
        shares = (raised / raised.sum()).tolist()
        return dict(zip(self._names, shares, strict=True))

    def save(self, path: Path) -> None:
        """Write the model as one compressed npz file."""
        import numpy as np

        with path.open("wb") as file:
            np.savez_compressed(
                file,
                format=np.array([FORMAT]),
                labels=np.frombuffer("\n".join(self._names).encode(), dtype=np.uint8),
                grams=np.frombuffer("\n".join(self._grams).encode(), dtype=np.uint8),
                idf=np.asarray(self._idf, dtype=np.float32),
                weights=np.asarray(self._weights, dtype=np.float16),
                bias=np.asarray(self._bias, dtype=np.float32),
                steep=np.array([self._steep], dtype=np.float32),
            )

    @classmethod
    def load(cls, path: Path) -> CategoryModel:
        """Read a model file. Raises ModelFileError when it is none. Nothing in the file is executed."""
        import numpy as np

        try:
            with np.load(path, allow_pickle=False) as data:
                if int(data["format"][0]) != FORMAT:
                    raise ModelFileError(f"{path}: made by another version; train it again")
                labels = data["labels"].tobytes().decode().split("\n")
                grams = data["grams"].tobytes().decode().split("\n")
                model = cls(labels, grams, data["idf"], data["weights"], data["bias"], float(data["steep"][0]))
        except (OSError, KeyError, ValueError, IndexError) as error:
            raise ModelFileError(f"{path}: not a category model ({error})") from error
        if model._weights.shape != (len(grams), len(labels)):
            raise ModelFileError(f"{path}: not a category model (its parts do not fit together)")
        return model
