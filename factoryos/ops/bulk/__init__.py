"""Operations on many orders at once: preview, result, retry, undo."""
