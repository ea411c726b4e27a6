const answer = pm.response.headers.get('Content-Type')?.includes('json') ? pm.response.json() : {};
if (answer.data && answer.data.token) pm.collectionVariables.set('bearer_token', answer.data.token);
