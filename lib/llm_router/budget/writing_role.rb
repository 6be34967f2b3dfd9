# frozen_string_literal: true

class LlmRouter
  module Budget
    # The ledger is always the writing role's, also where the caller reads from a replica or prevents writes. The
    # caller's shard stays.
    # @api private
    module WritingRole
      module_function

      # @param model [Class]
      # @yield in the writing role, with writes allowed
      def enter(model, &)
        return yield if current?(model) && !model.current_preventing_writes
        return legacy(model, &) if legacy?

        owner = connection_class(model)
        return ActiveRecord::Base.connected_to(role: role, &) if owner.primary_class?

        ActiveRecord::Base.connected_to_many(owner, role: role, &)
      end

      # @return [Boolean]
      def current?(model)
        model.current_role == role
      end

      # @return [Symbol] Rails 7.0 moved it
      def role
        ActiveRecord.respond_to?(:writing_role) ? ActiveRecord.writing_role : ActiveRecord::Base.writing_role
      end

      # @return [Class] the one that roles and shards are switched for
      def connection_class(model)
        model.respond_to?(:connection_class_for_self) ? model.connection_class_for_self : model.connection_classes
      end

      # Until Rails 7.0 an app may have a connection handler for each role.
      def legacy?
        settings = ActiveRecord.respond_to?(:legacy_connection_handling) ? ActiveRecord : ActiveRecord::Base
        settings.respond_to?(:legacy_connection_handling) && settings.legacy_connection_handling
      end

      def legacy(model, &)
        return ActiveRecord::Base.connection_handler.while_preventing_writes(false, &) if current?(model)

        ActiveRecord::Base.connected_to(role: role, &)
      end
    end
  end
end
