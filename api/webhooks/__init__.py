"""Webhooks: event types, signing, the guard against inner addresses, delivery, and the worker that runs them."""
