"""CogTest's problems: a module a habit, a function an item of `core` (`item_07`) and of `twins` (`twin_07`).

Each derives the answer from the problem's text by enumeration, simulation or exact arithmetic, with nothing
beyond the standard library.
"""
