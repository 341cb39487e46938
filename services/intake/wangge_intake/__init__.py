"""Who speaks, and do we stand behind it?"""
