"""The core: production orders, the one life they lead and the verbs that move them."""
