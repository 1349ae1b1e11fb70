"""Dialogs in AppTest, which always runs the whole page: what opens one is pressed again to answer it."""

from streamlit.testing.v1 import AppTest


def confirmed(run: AppTest, opener: str, typed: str | None = None) -> AppTest:
    """The page after the question that a button opens was answered: ticked, or with that typed into it."""
    run.button(key=opener).click().run()
    if typed is None:
        run.checkbox(key="confirm_ticked").check()
    else:
        run.text_input(key="confirm_typed").input(typed)
    run.button(key=opener).click()
    return run.button(key="confirm_submit").click().run()
