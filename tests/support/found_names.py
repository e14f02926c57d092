"""Names that were found in an answer, as the texts that are hashed."""

from federation.audit.names import Found, canonical_text


def texts_of(found: Found) -> dict[tuple[str, str], set[str]]:
    """By type and by what they are."""
    texts = {of: set(names) for of, names in found.canonical.items()}
    for of, names in found.written.items():
        texts.setdefault(of, set()).update(map(canonical_text, names))
    return texts
