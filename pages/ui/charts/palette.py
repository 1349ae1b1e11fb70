"""The colours of all charts, and nothing else that colours anything."""

# Told apart by people who see fewer colours, and at least 3:1 against both themes' backgrounds.
COLOURS = {
    "series": "#2f7fe6 #d9730d #0b9382 #c2489c #8a8500 #8667e8 #dd4550 #3c8c3a",
    "rest": "#7b8798",
    "gap": "#7b8798",
    "mark": "#dd4550",
}
