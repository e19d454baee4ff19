import { answerPreflight, isPreflight } from './access.ts';
import { problem } from './problem.ts';

const ROOT = '/.well-known/oauth-protected-resource';

/** The answer to a request for the metadata; nothing where the path is another. */
export type AnswerMetadata = (request: Request, path: string) => Response | undefined;

export interface ResourceMetadata {
  /** Where a client finds it: RFC 9728 puts the endpoint's path behind the well-known one. */
  readonly url: string;
  readonly answer: AnswerMetadata;
}

/** The endpoint as a protected resource (RFC 9728): which issuer's tokens it takes. Anybody may read that. */
export function createResourceMetadata(
  url: string,
  issuer: string,
  scopes: readonly string[],
): ResourceMetadata {
  const { origin, pathname } = new URL(url);
  const path = `${ROOT}${pathname.replace(/\/$/, '')}`;
  const document = {
    resource: url,
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    ...(scopes.length > 0 && { scopes_supported: scopes }),
  };
  return {
    url: `${origin}${path}`,
    answer(request, asked) {
      // A proxy may serve the endpoint elsewhere than at /mcp, and lead that path here as it is.
      if (![ROOT, path, `${ROOT}/mcp`].includes(asked.replace(/\/$/, ''))) return undefined;
      if (isPreflight(request)) return answerPreflight();
      if (request.method !== 'GET' && request.method !== 'HEAD') {
        return problem(405, 'Only GET is served here.', { allow: 'GET, HEAD' });
      }
      return Response.json(document, { headers: { 'cache-control': 'max-age=300' } });
    },
  };
}
