"""Numbers out of the bits of a stream's headers, as their specifications write them."""

from __future__ import annotations

_LONGEST = 32  # bits of an Exp-Golomb number's second half; longer ones are damage


class Unread(Exception):
    """A header ends too early, or says what is not followed here: nothing is known of it."""


class Bits:
    """Bits from the first on. Raises :class:`Unread` past the last."""

    def __init__(self, data: bytes) -> None:
        self._whole, self._left = int.from_bytes(data), 8 * len(data)

    def take(self, count: int) -> int:
        """The next ``count`` bits as one number."""
        self._left -= count
        if self._left < 0:
            raise Unread
        return self._whole >> self._left & (1 << count) - 1

    def flag(self) -> bool:
        """The next bit."""
        return bool(self.take(1))

    def golomb(self) -> int:
        """An Exp-Golomb number: H.265's ``ue(v)``, and AV1's ``uvlc()``."""
        zeros = 0
        while not self.flag():
            zeros += 1
            if zeros > _LONGEST:
                raise Unread
        return (1 << zeros) - 1 + self.take(zeros)

    def signed(self) -> int:
        """H.265's ``se(v)``: 1, -1, 2, -2 and so on."""
        number = self.golomb()
        return (number + 1) // 2 if number % 2 else -(number // 2)

    def below(self, count: int) -> int:
        """A number below ``count``: AV1's ``ns(n)``."""
        width = count.bit_length()
        short = (1 << width) - count
        number = self.take(width - 1)
        return number if number < short else (number << 1) - short + self.take(1)

    def times(self, count: int, most: int) -> range:
        """``count`` times, which a sound stream holds to ``most``."""
        if count > most:
            raise Unread
        return range(count)
