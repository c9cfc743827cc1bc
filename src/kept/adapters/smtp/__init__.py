"""The e-mail channel over SMTP, and what mail servers bring back."""

from kept.adapters.smtp.channel import SmtpChannel
from kept.adapters.smtp.settings import Security, SmtpSettings
from kept.adapters.smtp.webhook import SmtpReader

__all__ = ["Security", "SmtpChannel", "SmtpReader", "SmtpSettings"]
