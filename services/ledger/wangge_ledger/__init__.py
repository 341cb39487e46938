"""What happened, and how are we doing?"""
