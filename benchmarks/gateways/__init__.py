"""Gateways side by side: Datong, what others offer, and a hard-coded plan, under the same load.

    .venv/bin/python -m benchmarks.gateways --help

``scenarios`` holds graphs with their data, ``subgraphs`` answers for them from memory, ``tables``
says what is asked of whom, ``measuring`` does it in turn, ``results`` keeps what was found.
"""
