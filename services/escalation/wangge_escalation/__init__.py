"""Who has run out of time?"""
