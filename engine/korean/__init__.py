"""Facts of the Korean language: letters, particles, speech level. It knows nothing of chats or stores."""
