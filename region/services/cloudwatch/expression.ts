import { AwsError, NotPlayedError } from '../../kernel/errors.ts';

/** A parsed metric math expression: its value in one period from the values of the metrics and expressions that it names. */
export interface Expression {
  readonly ids: ReadonlySet<string>;
  /** undefined where a metric that it needs has no data. */
  evaluate(lookup: (id: string) => number | undefined): number | undefined;
}

type Node = (lookup: (id: string) => number | undefined) => number | undefined;

/**
 * Parses numbers, ids, `+ - * / ^`, parentheses, `FILL(m, number)`, and `SUM`, `MIN`, `MAX` and `AVG` of a list `[m1, m2]`. Any other function is a
 * loud refusal; what is no expression is a ValidationError.
 */
export function parseExpression(text: string): Expression {
  const parser = new Parser(text);
  const root = parser.sum();
  parser.end();
  return { ids: parser.ids, evaluate: root };
}

const lists: Readonly<Record<string, (values: readonly number[]) => number>> = {
  SUM: (values) => values.reduce((sum, value) => sum + value, 0),
  AVG: (values) => values.reduce((sum, value) => sum + value, 0) / values.length,
  MIN: (values) => Math.min(...values),
  MAX: (values) => Math.max(...values),
};

class Parser {
  readonly ids = new Set<string>();
  readonly #tokens: readonly string[];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.match(/\d+(?:\.\d+)?|[A-Za-z_]\w*|\S/g) ?? [];
  }

  end(): void {
    if (this.#at < this.#tokens.length) throw this.#malformed();
  }

  sum(): Node {
    return this.#chain(() => this.#product(), { '+': (a, b) => a + b, '-': (a, b) => a - b });
  }

  #product(): Node {
    return this.#chain(() => this.#power(), { '*': (a, b) => a * b, '/': (a, b) => a / b });
  }

  #power(): Node {
    return this.#chain(() => this.#atom(), { '^': (a, b) => a ** b });
  }

  #chain(next: () => Node, operators: Readonly<Record<string, (a: number, b: number) => number>>): Node {
    let left = next();
    for (;;) {
      const apply = operators[this.#tokens[this.#at] ?? ''];
      if (!apply) return left;
      this.#at += 1;
      left = both(left, next(), apply);
    }
  }

  #atom(): Node {
    const token = this.#take();
    if (/^\d/.test(token)) return () => Number(token);
    if (token === '-') {
      const negated = this.#atom();
      return (lookup) => {
        const value = negated(lookup);
        return value === undefined ? undefined : -value;
      };
    }
    if (token === '(') {
      const inner = this.sum();
      this.#expect(')');
      return inner;
    }
    if (this.#tokens[this.#at] === '(') return this.#call(token);
    if (!/^[a-z]\w*$/.test(token)) throw this.#malformed();
    this.ids.add(token);
    return (lookup) => lookup(token);
  }

  #call(name: string): Node {
    this.#expect('(');
    const aggregate = lists[name];
    if (name === 'FILL') {
      const metric = this.sum();
      this.#expect(',');
      const filler = this.sum();
      this.#expect(')');
      return (lookup) => metric(lookup) ?? filler(lookup);
    }
    if (!aggregate || this.#tokens[this.#at] !== '[') {
      throw new NotPlayedError(`the metric math function ${name} in ${this.#text}`);
    }
    this.#expect('[');
    const members = [this.sum()];
    while (this.#tokens[this.#at] === ',') {
      this.#at += 1;
      members.push(this.sum());
    }
    this.#expect(']');
    this.#expect(')');
    return (lookup) => {
      const values = members.map((member) => member(lookup)).filter((value) => value !== undefined);
      return values.length === 0 ? undefined : aggregate(values);
    };
  }

  #take(): string {
    const token = this.#tokens[this.#at];
    if (token === undefined) throw this.#malformed();
    this.#at += 1;
    return token;
  }

  #expect(token: string): void {
    if (this.#take() !== token) throw this.#malformed();
  }

  #malformed(): AwsError {
    return new AwsError('ValidationError', `Error in expression '${this.#text}'`);
  }
}

/** Arithmetic between metrics needs a value of each; what is not a number (0/0) is no data. */
function both(left: Node, right: Node, apply: (a: number, b: number) => number): Node {
  return (lookup) => {
    const [a, b] = [left(lookup), right(lookup)];
    if (a === undefined || b === undefined) return undefined;
    const value = apply(a, b);
    return Number.isFinite(value) ? value : undefined;
  };
}
