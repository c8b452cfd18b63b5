"""Rows that belong together: where a run of equal rows begins, which rows are equal, which is the first of each.

Conventions
-----------
A row is what several arrays of one length hold at one place. Nothing is packed into one number: the arrays are
compared one by one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from .atoms import Bools, Ints


def begins(*columns: npt.NDArray[Any]) -> Bools:
    """Mark each row that differs from the row before in any column; the first row does.

    Parameters
    ----------
    *columns : ndarray, shape (n,)

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> begins(np.array([1, 1, 2, 2]), np.array([5, 5, 5, 6]))
    array([ True, False,  True,  True])
    """
    marked = np.ones(len(columns[0]), dtype=bool)
    marked[1:] = False
    for column in columns:
        marked[1:] |= column[1:] != column[:-1]
    return marked


def group(*columns: npt.NDArray[Any]) -> Ints:
    """Give equal rows one number, from 0 on, in the order of their values.

    Parameters
    ----------
    *columns : ndarray, shape (n,)
        The first counts most in the order.

    Returns
    -------
    ndarray of int, shape (n,)

    Examples
    --------
    >>> group(np.array([2, 1, 2, 1]), np.array([0, 7, 0, 3]))
    array([2, 1, 2, 0])
    """
    order = np.lexsort(columns[::-1])
    in_order = [column[order] for column in columns]
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.cumsum(begins(*in_order)) - 1
    return number


def first_of_each(key: Ints, among: Bools) -> Bools:
    """Mark the first row of each key, among the rows that are marked.

    Parameters
    ----------
    key : ndarray of int, shape (n,)
    among : ndarray of bool, shape (n,)

    Returns
    -------
    ndarray of bool, shape (n,)

    Examples
    --------
    >>> first_of_each(np.array([3, 3, 5, 3]), np.array([False, True, True, True]))
    array([False,  True,  True, False])
    """
    rows = np.flatnonzero(among)
    _, first = np.unique(key[rows], return_index=True)
    marked = np.zeros(len(key), dtype=bool)
    marked[rows[first]] = True
    return marked
