import type { AnomalyOptions } from '../filters/abuse/anomaly.js'
import type { BanOptions } from '../filters/abuse/ban-options.js'
import type { AllowMethodsOptions } from '../filters/access/allow-methods.js'
import type { IpRulesOptions } from '../filters/access/ip-rules.js'
import type { OriginRulesOptions } from '../filters/access/origin-rules.js'
import type { RefererRulesOptions } from '../filters/access/referer-rules.js'
import type { UserAgentRulesOptions } from '../filters/access/user-agent-rules.js'
import type { ApiKeyOptions } from '../filters/auth/api-key.js'
import type { AuthorizeOptions } from '../filters/auth/authorize.js'
import type { BasicAuthOptions } from '../filters/auth/basic-auth.js'
import type { CertificateAuthOptions } from '../filters/auth/client-certificate.js'
import type { HttpSignatureOptions } from '../filters/auth/signatures/http-signature-options.js'
import type { WebhookFormName } from '../filters/auth/signatures/webhook-forms.js'
import type { WebhookSignatureOptions } from '../filters/auth/signatures/webhook-signature.js'
import type { ForwardAuthOptions } from '../filters/auth/tokens/forward-auth-options.js'
import type { IntrospectOptions } from '../filters/auth/tokens/introspect-options.js'
import type { JwtOptions } from '../filters/auth/tokens/jwt-options.js'
import type { CacheOptions } from '../filters/cache/cache-options.js'
import type { CompressOptions } from '../filters/compress/compress-options.js'
import type { ConsumersOptions } from '../filters/consumers/consumers.js'
import type { PlanLimitsOptions } from '../filters/consumers/plan-limits.js'
import type { CorsOptions } from '../filters/cross-origin/cors-options.js'
import type { CsrfOptions } from '../filters/cross-origin/csrf.js'
import type { DecompressOptions } from '../filters/decompress/decompress.js'
import type { BandwidthLimitOptions } from '../filters/limits/bandwidth-limit.js'
import type { BodyLimitOptions } from '../filters/limits/body-limit.js'
import type { DeadlineOptions } from '../filters/limits/deadline.js'
import type { HeaderLimitsOptions } from '../filters/limits/header-limits.js'
import type { MinDataRateOptions } from '../filters/limits/min-data-rate.js'
import type { UriLimitsOptions } from '../filters/limits/uri-limits.js'
import type { ErrorPagesOptions } from '../filters/pages/error-pages.js'
import type { MaintenanceOptions } from '../filters/pages/maintenance.js'
import type { ConcurrencyLimitOptions } from '../filters/rate-limit/concurrency-limit.js'
import type { RateLimitOptions } from '../filters/rate-limit/rate-limit-options.js'
import type { CanonicalHostOptions } from '../filters/redirects/canonical-host.js'
import type { RedirectToHttpsOptions } from '../filters/redirects/redirect-to-https.js'
import type { TrailingSlashOptions } from '../filters/redirects/trailing-slash.js'
import type { RewriteCookiesOptions } from '../filters/rewriting/rewrite-cookies.js'
import type { RewriteLocationOptions } from '../filters/rewriting/rewrite-location.js'
import type { RewriteMethodOptions } from '../filters/rewriting/rewrite-method.js'
import type { RewritePathOptions } from '../filters/rewriting/rewrite-path.js'
import type { RewriteQueryOptions } from '../filters/rewriting/rewrite-query.js'
import type { ShedOptions } from '../filters/shed/shed-options.js'
import type { DeprecationOptions } from '../filters/traffic/deprecation.js'
import type { IdempotencyOptions } from '../filters/traffic/idempotency/idempotency.js'
import type { MirrorOptions } from '../filters/traffic/mirror-options.js'
import type { RequestIdOptions } from '../filters/traffic/request-id.js'
import type { ConvertOptions } from '../filters/transform/convert/convert.js'
import type { TransformJsonOptions } from '../filters/transform/json/transform-json.js'
import type { TransformTextOptions } from '../filters/transform/text/transform-text.js'
import type { GraphqlLimitsOptions } from '../filters/validate/graphql/graphql-limits.js'
import type { JsonLimitsOptions } from '../filters/validate/json-limits.js'
import type { OpenapiOptions } from '../filters/validate/openapi/openapi.js'
import type { ValidateJsonOptions } from '../filters/validate/validate-json.js'
import type { XmlLimitsOptions } from '../filters/validate/xml-limits.js'
import type { HeaderRules } from '../http/header-rules.js'
import type { TracingOptions } from '../observing/tracing/tracing-options.js'
import type { DataOf } from './data-of.js'
import type { AuthenticatorConfig } from './filter-config.js'
import type { HandlerConfig } from './handler-config.js'

/** What takes the place of an option that code gives as an object. */
type Named<T, By> = T extends unknown ? Omit<DataOf<T>, keyof By> & By : never

interface StoreByName {
  /** Where counts or entries are kept: the name of one of the `stores` that code gives. @default this process's memory */
  readonly store?: string | undefined
}

interface ReplayStoreByName {
  /** Where it is kept what was seen before: the name of one of the `stores` that code gives. @default this process's memory */
  readonly replayStore?: string | undefined
}

/** The filters of the library that can be data, by their factories' names, each with what it takes. */
export interface FilterConfigs {
  /** Lets pass whom all of these accept. */
  readonly allOf?: readonly AuthenticatorConfig[] | undefined
  /** Refuses other methods. */
  readonly allowMethods?: DataOf<AllowMethodsOptions> | undefined
  /** Tells when a client asks far more often than it used to. */
  readonly anomaly?: DataOf<AnomalyOptions> | undefined
  /** Lets pass whom one of these accepts. */
  readonly anyOf?: readonly AuthenticatorConfig[] | undefined
  /** Asks for an API key. */
  readonly apiKey?: DataOf<ApiKeyOptions> | undefined
  /** Lets pass who may: by roles, scopes, groups and claims. */
  readonly authorize?: DataOf<AuthorizeOptions> | undefined
  /** Bans clients that misbehave, for a time. */
  readonly ban?: DataOf<BanOptions> | undefined
  /** Limits bytes a second. */
  readonly bandwidthLimit?: DataOf<BandwidthLimitOptions> | undefined
  /** Asks for a name and a password. */
  readonly basicAuth?: DataOf<BasicAuthOptions> | undefined
  /** Limits the size of request bodies. */
  readonly bodyLimit?: DataOf<BodyLimitOptions> | undefined
  /** Keeps replies, and answers with them (RFC 9111). */
  readonly cache?: Named<CacheOptions, StoreByName> | undefined
  /** Redirects to the one name of a site. */
  readonly canonicalHost?: DataOf<CanonicalHostOptions> | undefined
  /** Asks for a TLS certificate of the client. */
  readonly clientCertificate?: DataOf<CertificateAuthOptions> | undefined
  /** Compresses replies. */
  readonly compress?: DataOf<CompressOptions> | undefined
  /** Limits what a client has under way. */
  readonly concurrencyLimit?: DataOf<ConcurrencyLimitOptions> | undefined
  /** Finds out whose application a principal is. */
  readonly consumers?: DataOf<ConsumersOptions> | undefined
  /** Turns XML, forms, CSV and lines of JSON into JSON, or back. */
  readonly convert?: DataOf<ConvertOptions> | undefined
  /** Lets other origins in (CORS). */
  readonly cors?: DataOf<CorsOptions> | undefined
  /** Refuses what other sites make browsers send. */
  readonly csrf?: DataOf<CsrfOptions> | undefined
  /** Limits how long an exchange may take. */
  readonly deadline?: DataOf<DeadlineOptions> | undefined
  /** Decompresses bodies. */
  readonly decompress?: DataOf<DecompressOptions> | undefined
  /** Tells clients that what they ask will go; `since` and `sunset` are dates as `2026-06-01`. */
  readonly deprecation?: DataOf<DeprecationOptions> | undefined
  /** Puts pages in place of errors. */
  readonly errorPages?: DataOf<ErrorPagesOptions> | undefined
  /** Asks a service whether a request may pass. */
  readonly forwardAuth?: Named<ForwardAuthOptions, PoolByName> | undefined
  /** Refuses GraphQL that asks for too much. */
  readonly graphqlLimits?: DataOf<GraphqlLimitsOptions> | undefined
  /** Answers 431 to too many or too large fields. */
  readonly headerLimits?: DataOf<HeaderLimitsOptions> | undefined
  /** Asks for a signature with a shared secret: over the message, or as a sender of webhooks makes it. */
  readonly hmacSignature?: HmacSignatureConfig | undefined
  /** Asks for a signature over the message (RFC 9421). */
  readonly httpSignature?: Named<HttpSignatureOptions, ReplayStoreByName> | undefined
  /** Answers the same request once, by its Idempotency-Key. */
  readonly idempotency?: Named<IdempotencyOptions, StoreByName> | undefined
  /** Asks for a token, and its issuer whether it is good (RFC 7662). */
  readonly introspect?: DataOf<IntrospectOptions> | undefined
  /** Allows and denies addresses. */
  readonly ipRules?: DataOf<IpRulesOptions> | undefined
  /** Refuses JSON that is too deep or too large. */
  readonly jsonLimits?: DataOf<JsonLimitsOptions> | undefined
  /** Asks for a signed token. */
  readonly jwt?: DataOf<JwtOptions> | undefined
  /** Answers 503 while maintenance goes on. */
  readonly maintenance?: DataOf<MaintenanceOptions> | undefined
  /** Cuts slow clients off. */
  readonly minDataRate?: DataOf<MinDataRateOptions> | undefined
  /** Sends copies of requests somewhere else. */
  readonly mirror?: Named<MirrorOptions, MirrorTo> | undefined
  /** Holds requests and replies against an OpenAPI document, which may also be its text, as `${file:openapi.yaml}`. */
  readonly openapi?: Named<OpenapiOptions, OpenapiDocument> | undefined
  /** Lets pass who shows no credential; who shows a bad one is denied. */
  readonly optional?: AuthenticatorConfig | undefined
  /** Allows and denies origins. */
  readonly originRules?: DataOf<OriginRulesOptions> | undefined
  /** Limits consumers by their plans. */
  readonly planLimits?: Named<PlanLimitsOptions, StoreByName> | undefined
  /** Limits requests per time. */
  readonly rateLimit?: Named<RateLimitOptions, StoreByName> | undefined
  /** Redirects to HTTPS. */
  readonly redirectToHttps?: DataOf<RedirectToHttpsOptions> | undefined
  /** Allows and denies pages that link here. */
  readonly refererRules?: DataOf<RefererRulesOptions> | undefined
  /** Changes fields of replies. */
  readonly replyHeaders?: DataOf<HeaderRules> | undefined
  /** Changes fields of requests. */
  readonly requestHeaders?: DataOf<HeaderRules> | undefined
  /** Gives each request an id. */
  readonly requestId?: DataOf<RequestIdOptions> | undefined
  /** Rewrites cookies that the upstream sets. */
  readonly rewriteCookies?: DataOf<RewriteCookiesOptions> | undefined
  /** Rewrites redirects of the upstream. */
  readonly rewriteLocation?: DataOf<RewriteLocationOptions> | undefined
  /** Sends another method. */
  readonly rewriteMethod?: DataOf<RewriteMethodOptions> | undefined
  /** Sends another path. */
  readonly rewritePath?: DataOf<RewritePathOptions> | undefined
  /** Sends another query. */
  readonly rewriteQuery?: DataOf<RewriteQueryOptions> | undefined
  /** Refuses requests while the process has too much to do. */
  readonly shed?: DataOf<ShedOptions> | undefined
  /** Continues or starts a trace. */
  readonly tracing?: DataOf<TracingOptions> | undefined
  /** Redirects to paths with, or without, a slash at the end. */
  readonly trailingSlash?: DataOf<TrailingSlashOptions> | undefined
  /** Changes JSON bodies. */
  readonly transformJson?: DataOf<TransformJsonOptions> | undefined
  /** Changes text bodies. */
  readonly transformText?: DataOf<TransformTextOptions> | undefined
  /** Answers 414 to targets that are too long. */
  readonly uriLimits?: DataOf<UriLimitsOptions> | undefined
  /** Allows and denies by User-Agent. */
  readonly userAgentRules?: DataOf<UserAgentRulesOptions> | undefined
  /** Holds requests and replies against JSON Schemas. */
  readonly validateJson?: DataOf<ValidateJsonOptions> | undefined
  /** Asks for the signature of a webhook. */
  readonly webhookSignature?: Named<WebhookSignatureOptions, ReplayStoreByName> | undefined
  /** Refuses XML that is dangerous to parse. */
  readonly xmlLimits?: DataOf<XmlLimitsOptions> | undefined
}

type HmacSignatureConfig =
  | (Named<HttpSignatureOptions, ReplayStoreByName> & { readonly form: 'http' })
  | (Named<WebhookSignatureOptions, ReplayStoreByName> & { readonly form: WebhookFormName })

interface PoolByName {
  /** The service to ask, in place of `url`: the name of one of the `pools`. */
  readonly pool?: string | undefined
  /** Answers are kept by a key that is worked out, so that this is for code. */
  readonly cache?: false | undefined
}

interface MirrorTo {
  /** Who gets the copies. */
  readonly to: HandlerConfig
}

interface OpenapiDocument {
  /** An OpenAPI 3.0 or 3.1 document, or its text in YAML or JSON. */
  readonly document: string | Readonly<Record<string, unknown>>
}
