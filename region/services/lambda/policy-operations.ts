import type { Lambda } from '@aws-sdk/client-lambda';
import { AwsError } from '../../kernel/errors.ts';
import type { Kernel, Operations } from '../../kernel/kernel.ts';
import { onlyPlayed } from '../common/request.ts';
import type { Functions, ResolvedVersion } from './functions.ts';
import { type Statement, statementOf } from './policy.ts';

/** The resource policy of a function, version or alias. */
export function policyOperations(kernel: Kernel, functions: Functions) {
  const statementsOf = ({ fn, reference }: ResolvedVersion): Map<string, Statement> => {
    const key = reference.qualifier ?? '$LATEST';
    const statements = fn.policies.get(key) ?? new Map<string, Statement>();
    fn.policies.set(key, statements);
    return statements;
  };
  const missing = (): AwsError =>
    new AwsError('ResourceNotFoundException', 'The resource you requested does not exist.', {
      status: 404,
      members: { Type: 'User' },
    });
  return {
    addPermission: ({ FunctionName: name, Qualifier: qualifier, ...rest }) => {
      onlyPlayed('lambda.addPermission', rest, [
        'StatementId',
        'Action',
        'Principal',
        'SourceArn',
        'SourceAccount',
      ]);
      const target = functions.resolve(name, qualifier);
      const statements = statementsOf(target);
      const statement = statementOf(rest, target.arn);
      if (statements.has(statement.Sid)) {
        throw new AwsError(
          'ResourceConflictException',
          `The statement id (${statement.Sid}) provided already exists. Please provide a new statement id, or remove the existing statement.`,
          { status: 409 },
        );
      }
      statements.set(statement.Sid, statement);
      return { Statement: JSON.stringify(statement) };
    },
    removePermission: ({ FunctionName: name, Qualifier: qualifier, StatementId: sid = '' }) => {
      if (!statementsOf(functions.resolve(name, qualifier)).delete(sid)) throw missing();
      return {};
    },
    getPolicy: ({ FunctionName: name, Qualifier: qualifier }) => {
      const target = functions.resolve(name, qualifier);
      const statements = statementsOf(target);
      if (statements.size === 0) throw missing();
      const policy = { Version: '2012-10-17', Id: 'default', Statement: [...statements.values()] };
      return { Policy: JSON.stringify(policy), RevisionId: kernel.ids.uuid() };
    },
  } satisfies Operations<Lambda>;
}
