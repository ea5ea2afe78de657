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
  readonly allOf?: readonly AuthenticatorConfig[] | undefined
  readonly allowMethods?: DataOf<AllowMethodsOptions> | undefined
  readonly anomaly?: DataOf<AnomalyOptions> | undefined
  readonly anyOf?: readonly AuthenticatorConfig[] | undefined
  readonly apiKey?: DataOf<ApiKeyOptions> | undefined
  readonly authorize?: DataOf<AuthorizeOptions> | undefined
  readonly ban?: DataOf<BanOptions> | undefined
  readonly bandwidthLimit?: DataOf<BandwidthLimitOptions> | undefined
  readonly basicAuth?: DataOf<BasicAuthOptions> | undefined
  readonly bodyLimit?: DataOf<BodyLimitOptions> | undefined
  readonly cache?: Named<CacheOptions, StoreByName> | undefined
  readonly canonicalHost?: DataOf<CanonicalHostOptions> | undefined
  readonly clientCertificate?: DataOf<CertificateAuthOptions> | undefined
  readonly compress?: DataOf<CompressOptions> | undefined
  readonly concurrencyLimit?: DataOf<ConcurrencyLimitOptions> | undefined
  readonly consumers?: DataOf<ConsumersOptions> | undefined
  readonly convert?: DataOf<ConvertOptions> | undefined
  readonly cors?: DataOf<CorsOptions> | undefined
  readonly csrf?: DataOf<CsrfOptions> | undefined
  readonly deadline?: DataOf<DeadlineOptions> | undefined
  readonly decompress?: DataOf<DecompressOptions> | undefined
  /** `since` and `sunset` are dates as `2026-06-01`. */
  readonly deprecation?: DataOf<DeprecationOptions> | undefined
  readonly errorPages?: DataOf<ErrorPagesOptions> | undefined
  readonly forwardAuth?: Named<ForwardAuthOptions, PoolByName> | undefined
  readonly graphqlLimits?: DataOf<GraphqlLimitsOptions> | undefined
  readonly headerLimits?: DataOf<HeaderLimitsOptions> | undefined
  readonly hmacSignature?: HmacSignatureConfig | undefined
  readonly httpSignature?: Named<HttpSignatureOptions, ReplayStoreByName> | undefined
  readonly idempotency?: Named<IdempotencyOptions, StoreByName> | undefined
  readonly introspect?: DataOf<IntrospectOptions> | undefined
  readonly ipRules?: DataOf<IpRulesOptions> | undefined
  readonly jsonLimits?: DataOf<JsonLimitsOptions> | undefined
  readonly jwt?: DataOf<JwtOptions> | undefined
  readonly maintenance?: DataOf<MaintenanceOptions> | undefined
  readonly minDataRate?: DataOf<MinDataRateOptions> | undefined
  readonly mirror?: Named<MirrorOptions, MirrorTo> | undefined
  /** `document` may also be the text of one, as `${file:openapi.yaml}`. */
  readonly openapi?: Named<OpenapiOptions, OpenapiDocument> | undefined
  readonly optional?: AuthenticatorConfig | undefined
  readonly originRules?: DataOf<OriginRulesOptions> | undefined
  readonly planLimits?: Named<PlanLimitsOptions, StoreByName> | undefined
  readonly rateLimit?: Named<RateLimitOptions, StoreByName> | undefined
  readonly redirectToHttps?: DataOf<RedirectToHttpsOptions> | undefined
  readonly refererRules?: DataOf<RefererRulesOptions> | undefined
  readonly replyHeaders?: DataOf<HeaderRules> | undefined
  readonly requestHeaders?: DataOf<HeaderRules> | undefined
  readonly requestId?: DataOf<RequestIdOptions> | undefined
  readonly rewriteCookies?: DataOf<RewriteCookiesOptions> | undefined
  readonly rewriteLocation?: DataOf<RewriteLocationOptions> | undefined
  readonly rewriteMethod?: DataOf<RewriteMethodOptions> | undefined
  readonly rewritePath?: DataOf<RewritePathOptions> | undefined
  readonly rewriteQuery?: DataOf<RewriteQueryOptions> | undefined
  readonly shed?: DataOf<ShedOptions> | undefined
  readonly tracing?: DataOf<TracingOptions> | undefined
  readonly trailingSlash?: DataOf<TrailingSlashOptions> | undefined
  readonly transformJson?: DataOf<TransformJsonOptions> | undefined
  readonly transformText?: DataOf<TransformTextOptions> | undefined
  readonly uriLimits?: DataOf<UriLimitsOptions> | undefined
  readonly userAgentRules?: DataOf<UserAgentRulesOptions> | undefined
  readonly validateJson?: DataOf<ValidateJsonOptions> | undefined
  readonly webhookSignature?: Named<WebhookSignatureOptions, ReplayStoreByName> | undefined
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
