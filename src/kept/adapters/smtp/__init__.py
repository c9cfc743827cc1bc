"""The e-mail channel over SMTP."""

from kept.adapters.smtp.channel import SmtpChannel
from kept.adapters.smtp.settings import Security, SmtpSettings

__all__ = ["Security", "SmtpChannel", "SmtpSettings"]
