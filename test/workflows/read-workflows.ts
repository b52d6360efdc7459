import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { catalog } from '../../functions/catalog.ts';
import type { Contract } from '../../functions/runtime/task.ts';

const folder = fileURLToPath(new URL('../../workflows', import.meta.url));
const root = new URL('../../', import.meta.url);

export interface Rule {
  readonly ErrorEquals: readonly string[];
  readonly Comment?: string;
  readonly Next?: string;
  readonly [field: string]: unknown;
}

export interface State {
  readonly Type: string;
  readonly Comment?: string;
  readonly Arguments?: {
    readonly FunctionName: string;
    readonly Payload: Readonly<Record<string, unknown>>;
  };
  readonly TimeoutSeconds?: number;
  readonly Retry?: readonly Rule[];
  readonly Catch?: readonly Rule[];
  readonly Choices?: readonly { readonly Condition: string }[];
  readonly Error?: string;
  readonly [field: string]: unknown;
}

export interface NamedState {
  readonly name: string;
  readonly state: State;
  /** Catch rules of the state and of the states around it. */
  readonly catchers: readonly Rule[];
}

export interface Workflow {
  readonly name: string;
  readonly text: string;
  readonly definition: {
    readonly Comment: string;
    readonly QueryLanguage: string;
    readonly TimeoutSeconds: number;
  };
  /** Every state, those inside Map and Parallel included. */
  readonly states: readonly NamedState[];
}

interface States {
  readonly States: Readonly<Record<string, State>>;
}

function statesOf(machine: States, around: readonly Rule[]): NamedState[] {
  return Object.entries(machine.States).flatMap(([name, state]) => {
    const catchers = [...(state.Catch ?? []), ...around];
    const inner = [state.ItemProcessor, ...((state.Branches as unknown[] | undefined) ?? [])];
    const nested = inner.filter((one): one is States => one !== undefined);
    return [{ name, state, catchers }, ...nested.flatMap((one) => statesOf(one, catchers))];
  });
}

/** Every workflow of the repository. */
export function readWorkflows(): Workflow[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.asl.json'))
    .map((file) => {
      const text = readFileSync(`${folder}/${file}`, 'utf8');
      const definition = JSON.parse(text);
      return { name: file.replace('.asl.json', ''), text, definition, states: statesOf(definition, []) };
    });
}

/** `Plan cluster`, `${PlanCluster}` and `PlanCluster` are all `plan-cluster`. */
export function kebab(name: string): string {
  return name
    .replace(/^\$\{|\}$/g, '')
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .replaceAll(' ', '-')
    .toLowerCase();
}

/** Every JSONata expression of a workflow, without its braces. */
export function expressionsOf(value: unknown): string[] {
  if (typeof value === 'string') {
    const match = /^\{%(.*)%\}$/s.exec(value);
    return match?.[1] === undefined ? [] : [match[1].trim()];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap(expressionsOf);
}

/** The contract of each task, by its name in the catalogue. */
export async function readContracts(): Promise<Map<string, Contract<unknown, unknown>>> {
  const contracts = new Map<string, Contract<unknown, unknown>>();
  for (const { name, entry } of catalog) {
    const { handler } = await import(new URL(entry, root).href);
    if (handler?.contract) contracts.set(name, handler.contract);
  }
  return contracts;
}
