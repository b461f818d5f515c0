"""Programs that the tests run: generated ones, and those every user of graph conversion knows."""
