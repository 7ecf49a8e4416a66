"""Requests to hosts that others name: how they are sent, limited, repeated and refused."""
