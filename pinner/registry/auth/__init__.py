"""Which credentials and tokens a registry is shown."""
