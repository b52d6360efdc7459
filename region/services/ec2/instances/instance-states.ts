/** EC2's states of an instance, with the codes that the API shows. */
export const stateCodes = {
  pending: 0,
  running: 16,
  'shutting-down': 32,
  terminated: 48,
  stopping: 64,
  stopped: 80,
} as const;

export type InstanceState = keyof typeof stateCodes;
export type Command = 'start' | 'stop' | 'terminate';

export type CommandEffect =
  /** The command begins: the instance goes to `state`. */
  | { readonly kind: 'begin'; readonly state: InstanceState }
  /** It is there or on its way: nothing changes. */
  | { readonly kind: 'already' }
  | { readonly kind: 'refused'; readonly message: (instanceId: string) => string };

const already: CommandEffect = { kind: 'already' };
const refusal = (verb: string): CommandEffect => ({
  kind: 'refused',
  message: (id) => `The instance '${id}' is not in a state from which it can be ${verb}.`,
});
const notStartable = refusal('started');
const notStoppable = refusal('stopped');

const begin = (state: InstanceState): CommandEffect => ({ kind: 'begin', state });

const effects: Readonly<Record<Command, Readonly<Record<InstanceState, CommandEffect>>>> = {
  start: {
    pending: already,
    running: already,
    stopped: begin('pending'),
    stopping: notStartable,
    'shutting-down': notStartable,
    terminated: notStartable,
  },
  stop: {
    pending: notStoppable,
    running: begin('stopping'),
    stopping: already,
    stopped: already,
    'shutting-down': notStoppable,
    terminated: notStoppable,
  },
  terminate: {
    pending: begin('shutting-down'),
    running: begin('shutting-down'),
    stopping: begin('shutting-down'),
    stopped: begin('shutting-down'),
    'shutting-down': already,
    terminated: already,
  },
};

/** What a command does to an instance in this state. Refusals carry the code IncorrectInstanceState. */
export function commandEffect(command: Command, state: InstanceState): CommandEffect {
  return effects[command][state];
}

/** Whether the instance still has, or may again have, a machine. */
export function isLive(state: InstanceState): boolean {
  return state !== 'shutting-down' && state !== 'terminated';
}
