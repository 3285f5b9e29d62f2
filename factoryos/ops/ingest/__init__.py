"""What planning systems state of orders, and how far these follow: for whoever has to look at what does not."""
