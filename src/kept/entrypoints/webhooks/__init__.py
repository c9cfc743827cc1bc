"""The door through which providers come back: what they say is verified, kept and answered; the worker applies it."""

from kept.entrypoints.webhooks.endpoint import WebhookParts, webhook_routes

__all__ = ["WebhookParts", "webhook_routes"]
