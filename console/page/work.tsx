import { useState } from 'preact/hooks';
import type { ExecutionDetail, ExecutionView } from '../../cli/console/contracts.ts';
import { GraphDrawing } from './graph-drawing.tsx';
import { History } from './history.tsx';
import { Mark } from './mark.tsx';
import { lasted } from './time.ts';
import { TimeOf } from './time-of.tsx';
import { useFeed } from './use-feed.ts';
import { useNow } from './use-now.ts';

interface WorkProps {
  readonly executions: readonly ExecutionView[];
  /** What a person chose to look at; else it is what runs, or ran last. */
  readonly selected: string | undefined;
  select(executionArn: string | undefined): void;
}

/** As many as are listed before one asks for more. */
const listed = 8;

/** Workflows that run and that ran, and one of them in full. */
export function Work({ executions, select, selected }: WorkProps) {
  const now = useNow();
  const [all, setAll] = useState(false);
  const chosen = executions.find(({ executionArn }) => executionArn === selected) ?? executions[0];
  const shown = all ? executions : executions.slice(0, listed);
  const running = executions.filter(({ status }) => status === 'RUNNING').length;
  return (
    <section class="work" aria-labelledby="work">
      <h2>
        <span id="work">Work</span> <small>{running === 0 ? 'nothing runs now' : `${running} running`}</small>
      </h2>
      {chosen === undefined ? (
        <p class="none">No workflow has run yet.</p>
      ) : (
        <div class="columns">
          <div>
            <ul class="executions">
              {shown.map((execution) => (
                <li key={execution.executionArn}>
                  <button
                    type="button"
                    aria-pressed={execution === chosen}
                    onClick={() => select(execution.executionArn)}
                  >
                    <Mark state={execution.state} />
                    <span class="name">{execution.workflow}</span>
                    <span class="subject">{execution.name}</span>
                    <span class="when">
                      <TimeOf at={execution.startedAt} />, {execution.status.toLowerCase().replace('_', ' ')}
                      {execution.stoppedAt === undefined ? ' for ' : ' in '}
                      {lasted(execution.startedAt, execution.stoppedAt, now)}
                    </span>
                  </button>
                </li>
              ))}
            </ul>
            {executions.length > listed && (
              <button type="button" class="quiet" onClick={() => setAll(!all)}>
                {all ? 'Fewer' : `All ${executions.length}`}
              </button>
            )}
          </div>
          <Execution execution={chosen} />
        </div>
      )}
    </section>
  );
}

function Execution({ execution }: { readonly execution: ExecutionView }) {
  const { executionArn, name, workflow } = execution;
  const { value } = useFeed<ExecutionDetail>(`/execution?arn=${encodeURIComponent(executionArn)}`);
  return (
    <article class="execution" aria-labelledby="execution">
      <h3>
        <span id="execution">{workflow}</span> <small>{name}</small>
      </h3>
      {value ? (
        <>
          {value.error !== undefined && (
            <p class="trouble">
              {value.error}: {value.cause ?? 'no cause was given'}
            </p>
          )}
          <div class="both">
            <GraphDrawing detail={value} />
            <History steps={value.steps} />
          </div>
        </>
      ) : (
        <p class="none">Reading its history …</p>
      )}
    </article>
  );
}
