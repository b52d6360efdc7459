import { AwsError, NotPlayedError } from '../../kernel/errors.ts';

/** A value for each of some periods, oldest first; undefined where there is no data. */
export type Values = readonly (number | undefined)[];

/** A parsed metric math expression: its values from those of the metrics and expressions that it names. */
export interface Expression {
  readonly ids: ReadonlySet<string>;
  /** undefined in the periods in which a metric that it needs has no data. */
  evaluate(periods: number, lookup: (id: string) => Values): Values;
}

type Node = (periods: number, lookup: (id: string) => Values) => Values;

/**
 * Parses numbers, ids, `+ - * / ^`, parentheses, `FILL(m, number)`, `FILL(m, REPEAT)`, and `SUM`, `MIN`, `MAX` and `AVG` of a list
 * `[m1, m2]`. Any other function is a loud refusal; what is no expression is a ValidationError.
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
    if (/^\d/.test(token)) return (periods) => Array<number>(periods).fill(Number(token));
    if (token === '-') {
      const negated = this.#atom();
      return (periods, lookup) =>
        negated(periods, lookup).map((value) => (value === undefined ? undefined : -value));
    }
    if (token === '(') {
      const inner = this.sum();
      this.#expect(')');
      return inner;
    }
    if (this.#tokens[this.#at] === '(') return this.#call(token);
    if (!/^[a-z]\w*$/.test(token)) throw this.#malformed();
    this.ids.add(token);
    return (_periods, lookup) => lookup(token);
  }

  #call(name: string): Node {
    this.#expect('(');
    if (name === 'FILL') return this.#fill();
    const aggregate = lists[name];
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
    return (periods, lookup) => {
      const rows = members.map((member) => member(periods, lookup));
      return Array.from({ length: periods }, (_, index) => {
        const values = rows.map((row) => row[index]).filter((value) => value !== undefined);
        return values.length === 0 ? undefined : aggregate(values);
      });
    };
  }

  /** The rest of `FILL(metric, filler)`: with REPEAT, what comes before the first value stays without data. */
  #fill(): Node {
    const metric = this.sum();
    this.#expect(',');
    const word = this.#tokens[this.#at];
    if (word === 'LINEAR') throw new NotPlayedError(`FILL(…, LINEAR) in ${this.#text}`);
    if (word === 'REPEAT') {
      this.#at += 1;
      this.#expect(')');
      return (periods, lookup) => repeat(metric(periods, lookup));
    }
    const filler = this.sum();
    this.#expect(')');
    return (periods, lookup) => {
      const filling = filler(periods, lookup);
      return metric(periods, lookup).map((value, index) => value ?? filling[index]);
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

function repeat(values: Values): Values {
  let last: number | undefined;
  return values.map((value) => {
    last = value ?? last;
    return last;
  });
}

/** Arithmetic between metrics needs a value of each; what is not a number (0/0) is no data. */
function both(left: Node, right: Node, apply: (a: number, b: number) => number): Node {
  return (periods, lookup) => {
    const others = right(periods, lookup);
    return left(periods, lookup).map((a, index) => {
      const b = others[index];
      if (a === undefined || b === undefined) return undefined;
      const value = apply(a, b);
      return Number.isFinite(value) ? value : undefined;
    });
  };
}
