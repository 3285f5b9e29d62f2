"""The verbs on orders as actions of their list: chosen, confirmed on a page of its own, run one by one."""
