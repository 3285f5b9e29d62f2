"""What the faces share: the road from a request to a verb and back. Knows no face."""
