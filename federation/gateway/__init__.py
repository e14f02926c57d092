"""The running gateway: the request pipeline, and all that owns a socket, a clock or a setting."""
