"""The list of orders: filters, sorting, paging, saved views, export."""
