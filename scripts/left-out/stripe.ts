/**
 * A part of Stripe's SDK that the Worker never calls. `alias` in wrangler.toml puts it in place of the real part, which
 * saves 110 KB of the bundle. The SDK's constructor makes one of each; it has no methods.
 */
class LeftOut {}

export {
  LeftOut as Apps,
  LeftOut as Billing,
  LeftOut as Climate,
  LeftOut as Entitlements,
  LeftOut as FinancialConnections,
  LeftOut as Forwarding,
  LeftOut as Identity,
  LeftOut as Issuing,
  LeftOut as OAuthResource,
  LeftOut as ProductCatalog,
  LeftOut as QuoteResource,
  LeftOut as Radar,
  LeftOut as Reporting,
  LeftOut as Reserve,
  LeftOut as Sigma,
  LeftOut as StripeEventNotificationHandler,
  LeftOut as Tax,
  LeftOut as Terminal,
  LeftOut as TestHelpers,
  LeftOut as ThreeDSecure,
  LeftOut as Treasury,
  LeftOut as V2,
};
