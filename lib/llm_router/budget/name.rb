# frozen_string_literal: true

class LlmRouter
  module Budget
    # Text where nothing is "" in the database and nil in Ruby, for to a unique index no two NULLs are
    # the same.
    # @api private
    class Name < ActiveModel::Type::String
      # @return [String, nil]
      def deserialize(value)
        super.presence
      end

      # @return [String]
      def serialize(value)
        value.nil? ? "" : super(value.to_s)
      end
    end
  end
end
