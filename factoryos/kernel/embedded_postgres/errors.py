"""The one way the embedded server says that it cannot serve: a sentence for a person, with the way out."""


class EmbeddedPostgresError(Exception):
    """The embedded database cannot be started or reached. The text says why and what to do."""
