// Four neighbours in a row.
struct Four { a: Element, b: Element, c: Element, d: Element }
