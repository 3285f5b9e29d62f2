"""Bills of materials: writing them in versions, and exploding them to what is taken from stock."""
