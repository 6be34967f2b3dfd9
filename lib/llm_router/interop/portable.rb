# frozen_string_literal: true

class LlmRouter
  # Values that can be stored in a cache or as JSON, with money as decimal text. Dumps hold names, so that another
  # version of the gem can load them.
  # @api private
  module Portable
    # @param options [Hash, nil] +only:+ and +except:+, as Rails takes them
    # @return [Hash{String => Object}]
    def as_json(options = nil)
      json = portable.to_h { |name, value| [name.to_s, Portable.plain(value)] }
      only, except = options.values_at(:only, :except) if options
      json = json.slice(*Array(only).map(&:to_s)) if only
      except ? json.except(*Array(except).map(&:to_s)) : json
    end

    # @return [String]
    def to_json(options = nil, *)
      require "json"
      options.nil? || options.is_a?(Hash) ? as_json(options).to_json : as_json.to_json(options)
    end

    # @api private
    def marshal_dump
      portable
    end

    # @api private
    def marshal_load(portable)
      members.each { |name| self[name] = portable[name] }
      freeze
    end

    # @return [Object] made of JSON's types
    def self.plain(value)
      case value
      when Portable then value.as_json
      when Array then value.map { |item| plain(item) }
      when Hash then value.transform_values { |item| plain(item) }
      else scalar(value)
      end
    end

    def self.scalar(value)
      case value
      when BigDecimal then value.to_s("F")
      when Symbol then value.name
      when Float then value if value.finite?
      else value
      end
    end

    private

    def portable
      to_h
    end
  end
end
