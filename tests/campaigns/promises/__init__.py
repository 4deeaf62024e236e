"""Tests of campaigns/promises."""
