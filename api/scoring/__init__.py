"""A store's performance, answered: the same answers for the HTTP service, the command line and the home page."""
