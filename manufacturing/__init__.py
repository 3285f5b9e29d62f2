"""What things are made of and on: items, methods, work areas, machines. Cannot move an order."""
