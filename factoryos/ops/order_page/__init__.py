"""One order: its page, its verbs as forms, notes, timeline, documents; and the form that makes one."""
