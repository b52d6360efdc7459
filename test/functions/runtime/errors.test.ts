import { describe, expect, test } from 'vitest';
import { catalogue } from '../../../functions/runtime/error-catalogue.ts';
import { AwsRefused } from '../../../functions/runtime/errors.ts';

describe('the error catalogue', () => {
  test('names each class as it is listed, on the instance and not by the class name', () => {
    for (const [name, ErrorClass] of Object.entries(catalogue)) {
      const error =
        ErrorClass === AwsRefused
          ? new AwsRefused('message', { code: 'UnauthorizedOperation' })
          : new (ErrorClass as new (message: string) => Error)('message');
      expect(error.name).toBe(name);
      expect(Object.hasOwn(error, 'name')).toBe(true);
    }
  });
});
