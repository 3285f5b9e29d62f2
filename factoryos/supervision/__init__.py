"""The supervisors' admin: every table to look at, masters to keep, and the verbs on orders; scoped to one's factories."""
