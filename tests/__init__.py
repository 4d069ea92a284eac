"""The tests of lmlint; `gates` runs them all, `bench` is run by hand."""
