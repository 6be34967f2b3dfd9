# frozen_string_literal: true

class LlmRouter
  module Doctor
    # A model as OpenRouter lists it, with its providers. Reads leniently: what has another type is absent.
    # @api private
    class Listing
      # Suffixes that choose among the providers of a model, and are no models of their own.
      SHORTCUTS = %w[nitro floor exacto online].freeze
      private_constant :SHORTCUTS

      # @return [String] the name under which a model is listed
      def self.name_of(model)
        name, *variants = model.split(":")
        [name, *(variants - SHORTCUTS)].join(":")
      end

      # @param entry [Hash] of +/models+
      # @param providers [Array<Hash>, nil] of +/endpoints+; nil if they are not known
      def initialize(entry, providers)
        @entry = entry
        @providers = providers
      end

      # @return [Array<Hash>, nil]
      attr_reader :providers

      # @return [Integer, nil] tokens
      def context_length
        whole(@entry["context_length"])
      end

      # @return [Integer, nil] tokens
      def max_completion_tokens
        whole(@entry["top_provider"]["max_completion_tokens"]) if @entry["top_provider"].is_a?(Hash)
      end

      # @return [Array<String>, nil]
      def supported_parameters
        list = @entry["supported_parameters"]
        list.grep(String) if list.is_a?(Array)
      end

      # @return [Object] nil if it has no date of expiry
      def expiry
        @entry["expiration_date"]
      end

      # @return [Time, nil]
      def expires_at
        Lenient.time(expiry)
      end

      # @return [Array<Array(String, BigDecimal, BigDecimal, BigDecimal)>] provider, and US dollars per million tokens
      #   in and out, and per request
      def prices
        (@providers || [@entry.merge("provider_name" => "OpenRouter's list")]).filter_map do |provider|
          pricing = provider["pricing"]
          rates = %w[prompt completion request].map { |rate| Lenient.amount(pricing[rate] || 0) } if pricing.is_a?(Hash)
          next unless rates&.all? { |rate| rate && !rate.negative? }

          [name(provider), rates[0] * 1_000_000, rates[1] * 1_000_000, rates[2]]
        end
      end

      def name(provider)
        provider["provider_name"].to_s[0, 60]
      end

      private

      def whole(value)
        value if value.is_a?(Integer) && value.positive?
      end
    end
  end
end
