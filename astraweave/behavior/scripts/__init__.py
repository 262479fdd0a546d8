"""The scripting language of trees: text → syntax tree → Python function or kernel code."""
