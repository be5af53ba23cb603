"""The routes: parse, call one service, answer."""
