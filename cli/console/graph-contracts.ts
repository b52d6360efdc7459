/** A workflow's states, those inside a Map or Parallel with their parent. */
export interface Graph {
  readonly start: string;
  readonly nodes: readonly GraphNode[];
  readonly edges: readonly GraphEdge[];
}

export interface GraphNode {
  readonly name: string;
  readonly type: string;
  readonly comment?: string;
  /** The Map or Parallel that it is in. */
  readonly parent?: string;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  readonly kind: 'next' | 'catch';
}

export interface StateProgress {
  /** `current`: somebody is in it now. */
  readonly state: 'current' | 'done' | 'failed';
  /** How often it was entered. */
  readonly entered: number;
  readonly since?: string;
}

/** A state that was entered and, with `endedAt`, left. Visits that ended alike are one step. */
export interface Step {
  readonly id: number;
  readonly state: string;
  /** Of the first visit. */
  readonly startedAt: string;
  /** Of the last one. */
  readonly endedAt?: string;
  readonly visits: number;
  readonly outcome: 'current' | 'done' | 'failed';
  /** What it found or why it failed, where it says so. */
  readonly note?: string;
}
